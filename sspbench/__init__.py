"""The frame that holds the benchmark: contract, discovery, config, images, training, runtime, command line."""
