package main

import (
	"encoding/json"
	"runtime"
	"runtime/debug"
)

type versionCmd struct{}

// Help shows how it is used.
func (versionCmd) Help() string {
	return `The version of the server stands in "tonghop status".

Examples:

    tonghop version`
}

// Run shows the version. It needs no server and no profile.
func (*versionCmd) Run(s *session) error {
	if s.Output == "json" {
		line, err := json.Marshal(map[string]string{"version": version(), "go": runtime.Version(), "platform": runtime.GOOS + "/" + runtime.GOARCH})
		if err != nil {
			return err
		}
		return writeLine(s.stdout, line)
	}
	return s.printf("tonghop %s (%s, %s/%s)\n", version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

// version is what the build wrote into the program.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "(devel)"
	}
	return info.Main.Version
}
