// This screen is not drawn yet.
