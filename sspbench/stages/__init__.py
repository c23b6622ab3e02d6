"""The stages between raw images and scores; each is one command and one job."""
