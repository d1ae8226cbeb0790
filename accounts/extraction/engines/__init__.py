"""The engines that read: our own, which works offline, and paid services behind the same interface."""
