// Package gateway is the same as JSON: grpc-gateway in front of the very same gRPC server, over a connection in memory.
//
// No request reaches a use case by another way than rpc's interceptors, so JSON has the same callers, rights, limits and
// log. Because the connection is in memory and plain, TLS must be ended by the listener and not by an option of the
// gRPC server.
//
// What JSON adds is decided here and nowhere else:
//
//   - Fields are spelled as protobuf's JSON spells them, in lowerCamel; requests may also spell them as the protos do.
//     Answers show every plain field, false, 0 and "" too; an optional field, such as value, is there only where there
//     is a number, "0" being one. Fields, query parameters and values that are not known are refused.
//   - The header Idempotency-Key is the request_id of a change; where both are absent one is made (UUIDv7). If-Match is
//     the etag. Only these, Authorization, Accept-Language and Traceparent are looked at.
//   - Errors have the HTTP form of AIP-193: {"error": {"code", "status", "message", "details"}}.
//   - POST /v1/units:import, /v1/indicators:import, /v1/forms:import and /v1/reports:import take a file as the body and
//     options as query parameters, and pass it on in chunks.
//   - /healthz says that the process answers, /readyz that it serves, /openapi.json what there is.
package gateway
