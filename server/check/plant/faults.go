package plant

// UninspectedState takes away the wall behind many others: a start believes the derived state without reading all of it.
// A fault that leaves such a state stale or torn can be seen only where this is planted beside it.
var UninspectedState = Edit{
	File: "server/aggregator/store.go",
	Old:  "file, damage := inspect(path)\n",
	New:  "file, damage := stored{version: StateVersion}, error(nil)\n\tfile.id, file.head, _ = Remembered(cfg)\n",
}
