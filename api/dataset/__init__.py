"""The city's own data: from what operators said and what the patrol kept, pictures to learn from."""
