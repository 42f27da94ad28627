# The guide: one text, one vector.
curl -X POST "$TOGETHER_BASE_URL/embeddings" \
     -H "Authorization: Bearer $TOGETHER_API_KEY" \
     -H "Content-Type: application/json" \
     -d '{
       "model": "BAAI/bge-large-en-v1.5",
       "input": "Our solar system orbits the Milky Way galaxy at about 515,000 mph"
     }'
