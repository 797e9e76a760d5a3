"""What people prefer: how far raters agree, who can be trusted, what it all comes to."""
