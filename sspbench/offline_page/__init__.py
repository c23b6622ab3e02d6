"""One HTML file in which a visitor enhances a picture of their own, with the network off."""
