// Package front is a gRPC server that takes the product's submissions and answers as the product does, with something else
// behind it, or nothing: what is left of a contest when both sides speak to the same client in the same words.
package front
