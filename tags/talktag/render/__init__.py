"""From drawing to file: pdf, svg, png."""
