"""What has to work before anything is installed: the two commands, throwaway servers. Stdlib only."""
