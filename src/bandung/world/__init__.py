"""What is: the world as frozen figures, one parser per source, the local store."""
