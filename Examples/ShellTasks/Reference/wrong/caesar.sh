# Only lower case, and only rot13.
tr 'a-z' 'n-za-m'
