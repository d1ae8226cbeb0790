"""What somebody must look at because money is concerned: alerts that stay until they are resolved."""
