"""One module per subject; each public function measures one subject and returns rows of the table."""
