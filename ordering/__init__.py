"""The business with the guest: one Django app per subject, the same file names in each."""
