"""What is wrong with vehicles, from the report to the file, and the teams that drive out to put it right."""
