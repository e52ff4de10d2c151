"""The virtual PBX: it registers itself, carries calls, reports them and serves their recordings."""
