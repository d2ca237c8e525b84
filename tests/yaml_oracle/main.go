// Command yaml-oracle reads and writes YAML as kubectl does. Each input line is a request in JSON, each output line its answer.
//
// It calls sigs.k8s.io/yaml for one document and apimachinery's YAMLOrJSONDecoder for a stream, in kubectl's versions.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"log"
	"os"
	"strings"

	parsers "go.yaml.in/yaml/v2"
	"k8s.io/apimachinery/pkg/runtime"
	numbers "k8s.io/apimachinery/pkg/util/json"
	streams "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"
)

type request struct {
	Text   string `json:"text"`
	Stream bool   `json:"stream"`
}

// answer has the JSON that kubectl reads, and what it refuses. Strict is set where only strict reading refuses.
type answer struct {
	JSON   []json.RawMessage `json:"json,omitempty"`
	Error  string            `json:"error,omitempty"`
	Strict string            `json:"strict,omitempty"`
}

func document(text string) (found answer) {
	defer func() {
		if cause := recover(); cause != nil {
			found = answer{Error: "panic"}
		}
	}()
	value, err := yaml.YAMLToJSON([]byte(text))
	if err != nil {
		return answer{Error: err.Error()}
	}
	found.JSON = []json.RawMessage{value}
	if _, err := yaml.YAMLToJSONStrict([]byte(text)); err != nil {
		found.Strict = err.Error()
	}
	return found
}

func stream(text string) (found answer) {
	found.JSON = []json.RawMessage{}
	found.Strict = strictly(text)
	decoder := streams.NewYAMLOrJSONDecoder(strings.NewReader(text), 4096)
	for {
		extension := runtime.RawExtension{}
		err := decoder.Decode(&extension)
		if errors.Is(err, io.EOF) {
			return found
		}
		if err != nil {
			return answer{JSON: found.JSON, Error: err.Error()}
		}
		if len(extension.Raw) > 0 && string(extension.Raw) != "null" {
			var value any // kubectl decodes each document before it sends it
			if err := numbers.Unmarshal(extension.Raw, &value); err != nil {
				return answer{JSON: found.JSON, Error: err.Error()}
			}
			found.JSON = append(found.JSON, extension.Raw)
		}
	}
}

// strictly reads each document of a stream without dropping duplicate keys, or what follows the end of the document.
func strictly(text string) string {
	reader := streams.NewYAMLReader(bufio.NewReader(strings.NewReader(text)))
	for {
		chunk, err := reader.Read()
		if err != nil {
			return ""
		}
		if _, err := yaml.YAMLToJSONStrict(chunk); err != nil {
			return err.Error()
		}
		parser := parsers.NewDecoder(bytes.NewReader(chunk))
		var first, second any
		if err := parser.Decode(&first); err != nil && !errors.Is(err, io.EOF) {
			return err.Error()
		}
		if err := parser.Decode(&second); !errors.Is(err, io.EOF) {
			return "content after the end of the document"
		}
	}
}

func main() {
	input := bufio.NewReaderSize(os.Stdin, 1<<20)
	output := bufio.NewWriterSize(os.Stdout, 1<<20)
	defer output.Flush()
	encoder := json.NewEncoder(output)
	encoder.SetEscapeHTML(false)
	for {
		line, err := input.ReadBytes('\n')
		if len(line) > 0 {
			var asked request
			if err := json.Unmarshal(line, &asked); err != nil {
				log.Fatal(err)
			}
			answered := document
			if asked.Stream {
				answered = stream
			}
			if err := encoder.Encode(answered(asked.Text)); err != nil {
				log.Fatal(err)
			}
		}
		if err != nil {
			return
		}
	}
}
