"""The program as a whole: settings, URLs, the command line, the embedded database, server and worker."""
