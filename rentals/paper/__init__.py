"""The day the tablet fails too: forms printed beforehand, and a fast way to enter them afterwards."""
