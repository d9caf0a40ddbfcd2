package record

// LeastTried is how many documents rules have to be tried on for the try to say
// anything: of fewer it would tell what one of them says.
const LeastTried = 10

// Simulated is what a draft of the rules of a kind would have done to the post
// of a day or a few, held against what became of that post, without what is for a
// restricted file. It names documents by id: nobody is told these, only sums.
type Simulated struct {
	Day        string           `json:"day"`        // YYYY-MM-DD: the last day whose post was looked at; empty: there is no post yet
	Since      string           `json:"since"`      // the first; the same if one day was enough
	Documents  int              `json:"documents"`  // looked at
	Before     SimulatedCounts  `json:"before"`     // what the rules in force make of them
	After      SimulatedCounts  `json:"after"`      // what the draft makes of them
	Moved      int              `json:"moved"`      // documents that would go elsewhere
	Retyped    int              `json:"retyped"`    // documents whose type would be another
	Changes    []SimulatedShift `json:"changes"`    // each of them
	Everything string           `json:"everything"` // name of a rule whose contents fit all documents looked at, wherever they went; empty: there is none
}

// SimulatedCounts is where the looked-at documents end.
type SimulatedCounts struct {
	Filed     int            `json:"filed"`
	Clearing  int            `json:"clearing"`
	Forwarded int            `json:"forwarded"`
	Typed     int            `json:"typed"`    // the rules decided what they are
	ByType    map[string]int `json:"by_type"`  // key of a type → documents; "" where the rules don't decide
	ByPlace   map[string]int `json:"by_place"` // "site" or "site/team" → documents
}

// SimulatedShift is a document that would go elsewhere or be something else.
type SimulatedShift struct {
	Document DocumentID     `json:"document"`
	Before   SimulatedState `json:"before"`
	After    SimulatedState `json:"after"`
	Rule     string         `json:"rule"` // name of the rule that decides now; empty: the evidence does
}

// SimulatedState is where a document is, or would be.
type SimulatedState struct {
	Outcome string `json:"outcome"` // one of the Outcome constants
	File    FileID `json:"file"`
	Site    string `json:"site"`
	Team    string `json:"team"`
	Type    string `json:"type"`
	Reason  string `json:"reason"` // a key of ui/locale below "routing.reason."
}
