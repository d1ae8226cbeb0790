"""Who people are: users, access, identity documents, notifications."""
