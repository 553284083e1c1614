"""The command line: `main` gathers the commands, of which each noun has a module; they call the packages and print."""
