"""Pages: what a person looks at: style, pictures and text of HTML pages in one file."""
