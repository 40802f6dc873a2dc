"""What a page shows of a case, put into words before a template sees it. Templates decide nothing."""
