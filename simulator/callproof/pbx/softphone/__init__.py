"""The virtual PBX's pages: be a customer or an extension, and see what the PBX does."""
