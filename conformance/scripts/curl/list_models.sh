# The API reference: list the models that are served.
curl "$TOGETHER_BASE_URL/models" \
     -H "Authorization: Bearer $TOGETHER_API_KEY"
