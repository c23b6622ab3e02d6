"""One HTML file in which a visitor enhances their own picture, with the network off."""
