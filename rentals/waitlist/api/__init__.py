"""The waitlist and favourites in the mobile API."""
