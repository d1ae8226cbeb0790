"""Tablets, a network that fails in every way, and a server that dies: whatever was done is there in the end, once."""
