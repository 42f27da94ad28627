# The guide: many texts in one request.
curl -X POST "$TOGETHER_BASE_URL/embeddings" \
     -H "Authorization: Bearer $TOGETHER_API_KEY" \
     -H "Content-Type: application/json" \
     -d '{
       "model": "togethercomputer/m2-bert-80M-8k-retrieval",
       "input": [
         "Our solar system orbits the Milky Way galaxy at about 515,000 mph",
         "Jupiter'\''s Great Red Spot is a storm that has been raging for at least 350 years."
       ]
     }'
