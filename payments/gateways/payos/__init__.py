"""payOS: bank transfers by VietQR that a provider watches for us."""
