# The guide: rerank e-mails by chosen fields and get the documents back.
curl -X POST "$TOGETHER_BASE_URL/rerank" \
     -H "Authorization: Bearer $TOGETHER_API_KEY" \
     -H "Content-Type: application/json" \
     -d '{
       "model": "Salesforce/Llama-Rank-V1",
       "query": "Which pricing did we get from Oracle?",
       "documents": [
         {
           "from": "Paul Doe <paul_fake_doe@oracle.com>",
           "to": ["Steve <steve@me.com>", "lisa@example.com"],
           "date": "2024-03-27",
           "subject": "Follow-up",
           "text": "We are happy to give you the following pricing for your project."
         },
         {
           "from": "Generic Airline Company<no_reply@generic_airline_email.com>",
           "to": ["Steve <steve@me.com>"],
           "date": "2023-07-25",
           "subject": "Your latest flight travel plans",
           "text": "Thank you for choose to fly Generic Airline Company. Your booking status is confirmed."
         }
       ],
       "return_documents": true,
       "rank_fields": ["from", "to", "date", "subject", "text"]
     }'
