"""Charts of the page: inline SVG in the page's own colours, whose text keeps its size at every width."""
