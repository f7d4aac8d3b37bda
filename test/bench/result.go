package main

import (
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"
	"time"
)

// result is one line of the table. With a limit, Ratio is Value / Limit taken turn by turn (the median of Turns), and
// ByCPU the same by the processor time of one operation: a machine that is busy with other things flatters whoever has
// more threads in Ratio, but not in ByCPU. Both must reach the target. Without a limit, Value is held against it.
type result struct {
	Name      string    `json:"name"`
	Value     float64   `json:"value"`
	Unit      string    `json:"unit"`
	Limit     float64   `json:"limit,omitempty"`
	LimitName string    `json:"limit_name,omitempty"`
	Ratio     float64   `json:"ratio,omitempty"`
	Turns     []float64 `json:"turns,omitempty"`
	ByCPU     float64   `json:"ratio_by_cpu,omitempty"`
	Target    float64   `json:"target,omitempty"`  // 0: reported only
	AtMost    bool      `json:"at_most,omitempty"` // the target is a ceiling
	Verdict   string    `json:"verdict"`
	// Processor time of one operation in microseconds.
	LimitCPU  float64 `json:"limit_cpu_us,omitempty"`
	ServerCPU float64 `json:"server_cpu_us,omitempty"`
	ClientCPU float64 `json:"client_cpu_us,omitempty"`
	Faults    float64 `json:"server_page_faults,omitempty"` // for one operation
}

// compared makes a result of turns taken by the server and a limit.
func compared(name, limitName string, c comparison, target float64) result {
	r := result{Name: name, Value: c.rate, Unit: "/s", Limit: c.limit, LimitName: limitName,
		Ratio: median(c.ratios), Turns: c.ratios, Target: target,
		LimitCPU: micros(c.limitCPU), ServerCPU: micros(c.serverCPU), ClientCPU: micros(c.clientCPU), Faults: c.faults}
	if took := c.serverCPU + c.clientCPU; took > 0 {
		r.ByCPU = float64(c.limitCPU) / float64(took)
	}
	r.judge()
	return r
}

func micros(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1e3 }

// ceiling makes a result of a value that should not be more than the target.
func ceiling(name string, value float64, unit string, target float64) result {
	r := result{Name: name, Value: value, Unit: unit, Target: target, AtMost: true}
	r.judge()
	return r
}

// floor makes a result of a value that should not be less than the target.
func floor(name string, value float64, unit string, target float64) result {
	r := result{Name: name, Value: value, Unit: unit, Target: target}
	r.judge()
	return r
}

func (r *result) judge() {
	measured := r.Ratio
	if r.ByCPU > 0 {
		measured = min(measured, r.ByCPU)
	}
	if r.AtMost || r.LimitName == "" {
		measured = r.Value
	}
	switch {
	case r.Target == 0:
		r.Verdict = "-"
	case r.AtMost && measured <= r.Target, !r.AtMost && measured >= r.Target:
		r.Verdict = "ok"
	default:
		r.Verdict = "MISS"
	}
}

// table writes results for people, as Markdown that also lines up in a terminal.
func table(out io.Writer, results []result) error {
	w := tabwriter.NewWriter(out, 0, 0, 1, ' ', 0)
	fmt.Fprintln(w, "| scenario\t| measured\t| limit\t| what the limit is\t| ratio\t| turns\t| by CPU\t| target\t| \t| µs of CPU: limit\t| server\t| client\t| page faults\t|")
	fmt.Fprintln(w, "|---\t|---\t|---\t|---\t|---\t|---\t|---\t|---\t|---\t|---\t|---\t|---\t|---\t|")
	for _, r := range results {
		fmt.Fprintf(w, "| %s\t| %s\t| %s\t| %s\t| %s\t| %s\t| %s\t| %s\t| %s\t| %s\t| %s\t| %s\t| %s\t|\n", r.Name,
			number(r.Value)+" "+r.Unit, blank(r.Limit, number(r.Limit)+" "+r.Unit), r.LimitName,
			blank(r.Ratio, fmt.Sprintf("%.2f", r.Ratio)), r.spread(),
			blank(r.ByCPU, fmt.Sprintf("%.2f", r.ByCPU)), r.goal(), r.Verdict,
			blank(r.LimitCPU, number(r.LimitCPU)), blank(r.ServerCPU, number(r.ServerCPU)), blank(r.ClientCPU, number(r.ClientCPU)), blank(r.Faults, number(r.Faults)))
	}
	return w.Flush()
}

func (r result) goal() string {
	sign := "≥"
	if r.AtMost {
		sign = "≤"
	}
	return blank(r.Target, fmt.Sprintf("%s %g", sign, r.Target))
}

// spread is the least and the greatest ratio of the turns: how noisy the run was.
func (r result) spread() string {
	if len(r.Turns) == 0 {
		return ""
	}
	low, high := r.Turns[0], r.Turns[0]
	for _, t := range r.Turns {
		low, high = min(low, t), max(high, t)
	}
	return fmt.Sprintf("%.2f–%.2f", low, high)
}

func blank(v float64, text string) string {
	if v == 0 {
		return ""
	}
	return text
}

func number(v float64) string {
	switch {
	case v >= 100:
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	default:
		return fmt.Sprintf("%.2f", v)
	}
}

// asJSON writes the results and the machine they come from.
func asJSON(out io.Writer, m machine, results []result) error {
	enc := json.NewEncoder(out)
	enc.SetIndent("", "  ")
	return enc.Encode(struct {
		Machine machine  `json:"machine"`
		Results []result `json:"results"`
	}{m, results})
}
