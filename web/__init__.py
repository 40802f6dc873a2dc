"""The pages, rendered on the server and readable without JavaScript. They show and decide nothing."""
