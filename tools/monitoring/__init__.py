"""Makes the files of deploy/monitoring that are derived: the rules of the objectives, and the dashboard."""
