"""What is run: plugins found, the config checked and resolved into runs, and what each rule depends on."""
