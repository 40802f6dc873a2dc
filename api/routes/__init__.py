"""The addresses of the API, one module per subject. They translate and decide nothing."""
