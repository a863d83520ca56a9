// Package shutdown asks the server to end under load, again and again, and looks how it ends and what is left.
package shutdown
