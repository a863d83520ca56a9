package aggregator

// Inspect shows the inspection of a file to the tests that tell stories.
func Inspect(path string) error {
	_, err := inspect(path)
	return err
}
