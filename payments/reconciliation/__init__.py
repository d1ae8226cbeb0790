"""Settlement files and bank statements against our own books."""
