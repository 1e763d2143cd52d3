"""Programs of throwaway environments: where they run, how they are ended."""
