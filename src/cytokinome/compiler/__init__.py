"""HOW IT IS COMPILED: Model → Network → System → Kernel. `lower` shows the pipeline on one screen."""
