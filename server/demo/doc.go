// Package demo fills a server with a sample province: Đồng Tháp as it was before July 2025, the catalogue of its
// digital-transformation plan, and 24 months of figures that are made up, plausible, and the same at every run, with
// reports that are late, missing and corrected. It works through the client library alone, as a province would.
package demo
