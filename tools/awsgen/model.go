package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
)

// model is one service as the facts describe it.
type model struct {
	Service    string            `json:"service"`
	Version    string            `json:"version"`
	Protocol   string            `json:"protocol"`
	Target     string            `json:"target"`
	Operations map[string]op     `json:"operations"`
	Shapes     map[string]*shape `json:"shapes"`
}

type op struct {
	Input  string   `json:"input"`
	Output string   `json:"output"`
	Errors []string `json:"errors"`
	Auth   string   `json:"auth"`
}

// shape is a type of the model. Which fields count depends on Type.
type shape struct {
	Type      string   `json:"type"`
	Members   members  `json:"members"`
	Required  []string `json:"required"`
	Member    string   `json:"member"`
	Key       string   `json:"key"`
	Value     string   `json:"value"`
	Min       *int64   `json:"min"`
	Max       *int64   `json:"max"`
	Pattern   string   `json:"pattern"`
	Enum      []string `json:"enum"`
	Sensitive bool     `json:"sensitive"`
	Document  bool     `json:"document"`

	// These two come from patches only.
	RE2             string `json:"-"` // what to compile when Pattern is not RE2
	TimestampFormat string `json:"-"` // "iso8601", or "" for epoch seconds
}

// members keeps the order of the facts, which is the order of AWS's checks.
type members []struct{ name, shape string }

func (ms *members) UnmarshalJSON(data []byte) error {
	d := json.NewDecoder(bytes.NewReader(data))
	if _, err := d.Token(); err != nil {
		return err
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return err
		}
		var shape string
		if err := d.Decode(&shape); err != nil {
			return fmt.Errorf("member %v: %w", name, err)
		}
		*ms = append(*ms, struct{ name, shape string }{name.(string), shape})
	}
	return nil
}

func readModel(path string) (*model, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var m model
	if err := json.Unmarshal(data, &m); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return &m, nil
}
