// Gosource reads the Go sources of one Kubernetes release and prints, as JSON, what no published schema says:
// the feature gates with their stage and default, the fields that servers drop while a gate is off, the fields
// that they reset or rewrite, and the defaults that they fill in. It compiles and runs none of the sources.
//
// Usage: gosource RELEASE MODULE=FOLDER ...
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
)

// Report is the output: everything found in one release.
type Report struct {
	Gates        map[string]Gate `json:"gates"`
	Drops        []Drop          `json:"drops"`
	Defaults     []Default       `json:"defaults"`
	Unattributed []string        `json:"unattributed"`
}

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: gosource RELEASE MODULE=FOLDER ...")
		os.Exit(2)
	}
	folders := map[string]string{}
	for _, argument := range os.Args[2:] {
		module, folder, found := strings.Cut(argument, "=")
		if !found {
			fmt.Fprintf(os.Stderr, "%q is not MODULE=FOLDER\n", argument)
			os.Exit(2)
		}
		folders[module] = folder
	}
	loader := newLoader(folders)
	features := readFeatures(loader, os.Args[1])
	drops, unattributed := findDrops(loader, features)
	report := Report{features.gates, drops, findDefaults(loader), unattributed}
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetIndent("", " ")
	if err := encoder.Encode(report); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
