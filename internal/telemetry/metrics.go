package telemetry

import (
	"math"
	"net/http"
	"runtime"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

const namespace = "cognate"

// Metrics are the process's numbers, in a registry of its own. All methods are safe for concurrent use. Labels are
// names from the program, never text from outside.
type Metrics struct {
	registry  *prometheus.Registry
	requests  *prometheus.CounterVec
	durations *prometheus.HistogramVec
	running   *prometheus.GaugeVec
	lookups   *prometheus.CounterVec
	ages      *prometheus.HistogramVec
	fetches   *prometheus.HistogramVec
	breakers  *prometheus.GaugeVec
	trials    *prometheus.CounterVec
	commits   prometheus.Histogram
	committed prometheus.Histogram
	queued    prometheus.Gauge
	messages  *prometheus.CounterVec
	triggers  *prometheus.HistogramVec
	loads     *prometheus.CounterVec
	loaded    prometheus.Gauge
	copied    prometheus.Gauge
	copies    *prometheus.CounterVec
	limited   *prometheus.CounterVec
	weighed   *prometheus.CounterVec
	stolen    *prometheus.CounterVec
	audited   *prometheus.CounterVec
	auditing  prometheus.Histogram
	records   *prometheus.CounterVec
	opened    *prometheus.CounterVec
	granted   *prometheus.CounterVec
	decided   *prometheus.CounterVec
	keeping
}

func newMetrics(version string) *Metrics {
	m := &Metrics{
		registry:  prometheus.NewRegistry(),
		requests:  counters("http_requests_total", "Requests answered.", "front", "operation", "status"),
		durations: histograms("http_request_duration_seconds", "Time from a request's head to the end of its answer.", prometheus.DefBuckets, "front", "operation"),
		running:   prometheus.NewGaugeVec(prometheus.GaugeOpts{Namespace: namespace, Name: "http_requests_running", Help: "Requests being answered now."}, []string{"front"}),
		lookups:   counters("cache_lookups_total", "Look-ups by outcome: hit, miss, coalesced, stale, negative, failed, unasked.", "cache", "outcome"),
		ages:      histograms("cache_age_seconds", "Age of what a look-up gave from the cache.", []float64{.1, 1, 5, 15, 60, 300, 900, 3600}, "cache"),
		fetches: histograms("enrichment_upstream_duration_seconds", "Time of what sources of attributes were asked, by outcome: answered, missing, failed, refused (not asked: the breaker is open).",
			[]float64{.0001, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5}, "source", "outcome"),
		breakers: prometheus.NewGaugeVec(prometheus.GaugeOpts{Namespace: namespace, Name: "enrichment_breaker_open", Help: "1 while a source of attributes is left alone, because it failed too often."}, []string{"source"}),
		trials:   counters("enrichment_breaker_trials_total", "Look-ups let through to a source that is left alone, to see whether it works again, by outcome: works, fails.", "source", "outcome"),
		commits: prometheus.NewHistogram(prometheus.HistogramOpts{Namespace: namespace, Name: "store_commit_writes",
			Help: "Transactions that shared one commit.", Buckets: []float64{1, 2, 4, 8, 16, 32, 64, 128}}),
		committed: prometheus.NewHistogram(prometheus.HistogramOpts{Namespace: namespace, Name: "store_commit_duration_seconds",
			Help: "Time of one commit.", Buckets: prometheus.ExponentialBuckets(0.0001, 2.5, 11)}),
		queued:   prometheus.NewGauge(prometheus.GaugeOpts{Namespace: namespace, Name: "store_commit_waiting", Help: "Transactions that waited when the last commit ended."}),
		messages: counters("messages_total", "Messages by outcome: sent, failed.", "medium", "purpose", "outcome"),
		triggers: histograms("trigger_duration_seconds", "Time of the functions that triggers called, by outcome: ok, failed.", []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5}, "source", "outcome"),
		loads:    counters("policy_loads_total", "Attempts to load the policies: loaded, refused.", "outcome"),
		copied:   prometheus.NewGauge(prometheus.GaugeOpts{Namespace: namespace, Name: "backup_timestamp_seconds", Help: "When the newest of the copies that the server makes of its database by itself was made; 0: there is none."}),
		loaded:   prometheus.NewGauge(prometheus.GaugeOpts{Namespace: namespace, Name: "policy_loaded_timestamp_seconds", Help: "When the policies in force were loaded."}),
	}
	m.copies = counters("backups_total", "Attempts of the server to copy its database by itself, by outcome: made, failed.", "outcome")
	m.limited = counters("limited_total", "Requests refused because there were too many, by kind of limit: category, site, client, address.", "kind", "category")
	m.weighed = counters("sign_ins_weighed_total", "Sign-ins that threat protection judged, by level of risk (none, Low, Medium, High) and what was done: the configured action, AUDIT or SKIPPED.", "level", "action")
	m.stolen = counters("stolen_passwords_total", "Passwords found on the list of leaked ones, by what they were for and whether they were refused.", "event", "refused")
	m.audited = counters("audit_records_total", "Records of the audit log: written, lost (and what they tell of was answered with an error).", "outcome")
	m.auditing = prometheus.NewHistogram(prometheus.HistogramOpts{Namespace: namespace, Name: "audit_write_duration_seconds",
		Help: "Time of writing records of the audit log, many at once.", Buckets: prometheus.ExponentialBuckets(0.0001, 2.5, 11)})
	m.records = counters("log_records_total", "Records of pools' log delivery, by source (userNotification, userAuthEvents) and outcome: delivered, lost.", "source", "outcome")
	m.opened = counters("gateway_loads_total", "Attempts to load the APIs of the gateway: loaded, refused.", "outcome")
	m.granted = counters("gateway_authorizations_total", "Requests to the gateway by the kind of the route's authorizer (empty: no route) and outcome: granted, or why not.", "authorizer", "outcome")
	m.decided = counters("decisions_total", "Decisions by what decided (cerbos: the decision point, cedar: policy stores) and outcome: allowed, denied.", "engine", "outcome")
	m.registry.MustRegister(m.opened, m.granted, m.decided)
	m.keeping = newKeeping()
	m.registry.MustRegister(m.keeping.all()...)
	build := prometheus.NewGauge(prometheus.GaugeOpts{Namespace: namespace, Name: "build_info", Help: "Always 1.",
		ConstLabels: prometheus.Labels{"version": version, "go": runtime.Version()}})
	build.Set(1)
	m.registry.MustRegister(m.requests, m.durations, m.running, m.lookups, m.ages, m.fetches, m.breakers, m.trials, m.commits, m.committed, m.queued,
		m.messages, m.triggers, m.loads, m.loaded, m.copied, m.copies, m.limited, m.weighed, m.stolen, m.records, m.audited, m.auditing, build,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Handler serves the numbers to Prometheus (GET /_cognate/metrics).
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4})
}

// WatchHashing shows the load of the password hasher, asked for at each scrape. Call it once.
func (m *Metrics) WatchHashing(load func() (running, waiting, slots int)) {
	gauge := func(name, help string, pick func(running, waiting, slots int) int) {
		m.registry.MustRegister(prometheus.NewGaugeFunc(
			prometheus.GaugeOpts{Namespace: namespace, Name: name, Help: help},
			func() float64 { return float64(pick(load())) }))
	}
	gauge("password_hashes_running", "Password hashes being computed now.", func(running, _, _ int) int { return running })
	gauge("password_hashes_waiting", "Callers that wait to compute a password hash.", func(_, waiting, _ int) int { return waiting })
	gauge("password_hashes_slots", "Password hashes that may be computed at once.", func(_, _, slots int) int { return slots })
}

// WatchOutbox shows how many messages are kept because they are not taken yet, asked for at each scrape; NaN where the store
// does not say. Call it once.
func (m *Metrics) WatchOutbox(waiting func() (int, error)) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(
		prometheus.GaugeOpts{Namespace: namespace, Name: "messages_waiting", Help: "Messages that are not taken yet, of all nodes."},
		func() float64 {
			n, err := waiting()
			if err != nil {
				return math.NaN()
			}
			return float64(n)
		}))
}

// Lookup counts a look-up in a cache by its outcome; age is that of a stored answer, and zero for a fresh one.
func (m *Metrics) Lookup(cache, outcome string, age time.Duration) {
	m.lookups.WithLabelValues(cache, outcome).Inc()
	if age > 0 {
		m.ages.WithLabelValues(cache).Observe(age.Seconds())
	}
}

// Fetched counts what a source of attributes was asked.
func (m *Metrics) Fetched(source string, took time.Duration, outcome string) {
	m.fetches.WithLabelValues(source, outcome).Observe(took.Seconds())
}

// WatchSources shows how many answers of sources of attributes are kept, asked for at each scrape. Call it once.
func (m *Metrics) WatchSources(sizes func() map[string]int) { m.registry.MustRegister(kept{sizes}) }

var keptDesc = prometheus.NewDesc(namespace+"_cache_entries", "Answers kept.", []string{"cache"}, nil)

type kept struct{ sizes func() map[string]int }

func (kept) Describe(to chan<- *prometheus.Desc) { to <- keptDesc }

func (k kept) Collect(to chan<- prometheus.Metric) {
	for source, n := range k.sizes() {
		to <- prometheus.MustNewConstMetric(keptDesc, prometheus.GaugeValue, float64(n), source)
	}
}

// Breaker shows whether a source of attributes is left alone.
func (m *Metrics) Breaker(source string, open bool) {
	state := 0.0
	if open {
		state = 1
	}
	m.breakers.WithLabelValues(source).Set(state)
}

// Tried counts the trials of a source that is left alone.
func (m *Metrics) Tried(source string, works bool) {
	outcome := "fails"
	if works {
		outcome = "works"
	}
	m.trials.WithLabelValues(source, outcome).Inc()
}

// Commit counts a commit of the store: the transactions that shared it, those still waiting, and its time.
func (m *Metrics) Commit(writes, waiting int, took time.Duration) {
	m.commits.Observe(float64(writes))
	m.committed.Observe(took.Seconds())
	m.queued.Set(float64(waiting))
}

// Message counts a message by the success of its sending.
func (m *Metrics) Message(medium, purpose string, err error) {
	outcome := "sent"
	if err != nil {
		outcome = "failed"
	}
	m.messages.WithLabelValues(medium, purpose, outcome).Inc()
}

// Trigger counts a function that a trigger called; the source is one of Cognito's.
func (m *Metrics) Trigger(source string, took time.Duration, err error) {
	outcome := "ok"
	if err != nil {
		outcome = "failed"
	}
	m.triggers.WithLabelValues(source, outcome).Observe(took.Seconds())
}

// Limited counts a request that was refused because there were too many: by what kind of limit, and of which category.
func (m *Metrics) Limited(kind, category string) { m.limited.WithLabelValues(kind, category).Inc() }

// Weighed counts a sign-in that threat protection judged.
func (m *Metrics) Weighed(level, action string) { m.weighed.WithLabelValues(level, action).Inc() }

// StolenPassword counts a password that was found on the list of leaked ones.
func (m *Metrics) StolenPassword(event string, refused bool) {
	m.stolen.WithLabelValues(event, strconv.FormatBool(refused)).Inc()
}

// LogRecords counts records of pools' log delivery.
func (m *Metrics) LogRecords(source string, delivered bool, n int) {
	outcome := "lost"
	if delivered {
		outcome = "delivered"
	}
	m.records.WithLabelValues(source, outcome).Add(float64(n))
}

// PoliciesLoaded counts an attempt to load the policies; at is when the table in force was loaded.
func (m *Metrics) PoliciesLoaded(at time.Time, err error) {
	if err != nil {
		m.loads.WithLabelValues("refused").Inc()
		return
	}
	m.loads.WithLabelValues("loaded").Inc()
	m.loaded.Set(float64(at.UnixMilli()) / 1000)
}

// GatewayLoaded counts an attempt to load the APIs of the gateway.
func (m *Metrics) GatewayLoaded(err error) {
	outcome := "loaded"
	if err != nil {
		outcome = "refused"
	}
	m.opened.WithLabelValues(outcome).Inc()
}

// Authorized counts a request to the gateway.
func (m *Metrics) Authorized(authorizer, outcome string) {
	m.granted.WithLabelValues(authorizer, outcome).Inc()
}

// Decided counts what a request to an engine was answered.
func (m *Metrics) Decided(engine string, allowed, denied int) {
	m.decided.WithLabelValues(engine, "allowed").Add(float64(allowed))
	m.decided.WithLabelValues(engine, "denied").Add(float64(denied))
}

// BackedUp counts an attempt to copy the database.
func (m *Metrics) BackedUp(err error) {
	outcome := "made"
	if err != nil {
		outcome = "failed"
	}
	m.copies.WithLabelValues(outcome).Inc()
}

// NewestBackup says when the newest copy of the database was made.
func (m *Metrics) NewestBackup(at time.Time) { m.copied.Set(float64(at.UnixMilli()) / 1000) }

// requests are the HTTP metrics of one front.
type requests struct {
	total    *prometheus.CounterVec
	duration prometheus.ObserverVec
	running  prometheus.Gauge
}

func (m *Metrics) requestsOf(front string) *requests {
	labels := prometheus.Labels{"front": front}
	return &requests{m.requests.MustCurryWith(labels), m.durations.MustCurryWith(labels), m.running.With(labels)}
}

func (r *requests) observe(operation string, status int, took time.Duration) {
	r.total.WithLabelValues(operation, strconv.Itoa(status)).Inc()
	r.duration.WithLabelValues(operation).Observe(took.Seconds())
}

func counters(name, help string, labels ...string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help}, labels)
}

func histograms(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
	return prometheus.NewHistogramVec(prometheus.HistogramOpts{Namespace: namespace, Name: name, Help: help, Buckets: buckets}, labels)
}
