# filled in with the packaging
