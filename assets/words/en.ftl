# Words of the interface. Chinese first: see zh.ftl.

app-name = Yipanqi
app-long-name = Yipanqi · all on one board

class-a = Class A, settled on the spot
class-b = Class B, community forces
class-c = Class C, a department
class-d = Class D, joint meeting or command

centre-all = All
centre-governance = Governance
centre-emergency = Emergency
centre-grid = Grid

phase-collect = Collect
phase-open = Open
phase-dispatch = Dispatch
phase-handle = Handle
phase-report-back = Report back
phase-verify-and-close = Verify and close
phase-appraise = Appraise

role-dispatcher = Dispatcher
role-duty-leader = Duty leader
role-community-officer = Community officer
role-department-officer = Department officer
role-street-chief = Street chief
role-party-grid-chief = Party-grid chief
role-party-instructor = Party instructor
role-party-grid-liaison = Party-grid liaison
role-party-grid-member = Party-grid member
role-grid-officer = Grid officer
role-inspector = Inspector
role-presenter = Presenter
role-administrator = Administrator

rules-steps = Stages and steps of a case
rules-permissions = Permissions: command × role × level (G grid, C community, S department, J joint meeting)
rules-same = stays
rules-back = back to where it was
rules-nothing-asked = nothing is asked for
rules-suspension-asked = a suspension is asked for
rules-extension-asked = an extension is asked for
rules-something-asked = something is asked for

level-all = All levels
level-hint = Only cases that this level settles; a case that was raised is with the next level
level-grid = Grid
level-community = Community
level-street = Department
level-joint = Joint meeting

stage-reported = To accept
stage-accepted = To dispatch
stage-dispatched = Dispatched
stage-in-hand = In hand
stage-rectified = To verify
stage-verified = To close
stage-closed = Closed
stage-refused = Refused
stage-suspended = Suspended
stage-merged = Merged
stage-withdrawn = Withdrawn

step-accept = Accept
step-refuse = Refuse
step-dispatch = Dispatch
step-send-on = Send on
step-hand-back = Hand back
step-arrive = Arrived
step-rectify = Rectified
step-verify = Verified
step-send-back = Send back
step-close = Close
step-reclassify = Reclassify
step-split = Split
step-merge = Merge
step-unmerge = Unmerge
step-ask-suspend = Ask to suspend
step-suspend = Suspend
step-ask-extend = Ask to extend
step-extend = Extend
step-deny = Deny
step-resume = Resume
step-co-handle = Co-handle
step-escalate = Escalate
step-reopen = Reopen
step-appraise = Appraise
step-answer = Answer
step-undo = Undo last step

done-accept = Accepted
done-refuse = Refused
done-dispatch = Dispatched
done-send-on = Sent on
done-hand-back = Handed back
done-arrive = Arrived
done-rectify = Rectified
done-verify = Verified
done-send-back = Sent back
done-close = Closed
done-reclassify = Reclassified
done-split = Split
done-merge = Merged
done-unmerge = Unmerged
done-ask-suspend = Suspension asked for
done-suspend = Suspended
done-ask-extend = Extension asked for
done-extend = Extended
done-deny = Denied
done-resume = Resumed
done-co-handle = Helpers arranged
done-escalate = Escalated
done-reopen = Reopened
done-appraise = Appraised
done-answer = Answered
done-undo = Last step undone

source-patrol = Patrol
source-resident = Resident
source-hotline = Hotline
source-inspection = Inspection
source-petition = Petition
source-media = Media
source-other = Other

domain-city = City management
domain-fire = Fire safety
domain-work-safety = Work safety
domain-rental = Rental housing
domain-public-order = Public order
domain-environment = Environment
domain-disputes = Disputes
domain-emergency = Flood, wind, geology
domain-services = Public services
domain-municipal = Municipal facilities
domain-labour = Labour
domain-food = Food and drugs

span-minutes = { $n } min
span-hours = { $n } h
span-days = { $n ->
    [one] 1 day
   *[other] { $n } days
}
time-left = { $span } left
time-over = { $span } over
time-no-limit = No limit
distance-m = { $n } m
distance-km = { $km } km

# The strip
strip-reported = To accept { $n }
strip-accepted = To dispatch { $n }
strip-in-hand = In hand { $n }
strip-to-verify = To verify { $n }
strip-to-close = To close { $n }
strip-overdue = Overdue { $n }
strip-counter-hint = Open cases of the chosen centre; in hand includes dispatched ones
strip-seat = Seat { $seat } · { $post }
strip-sample = Sample day
strip-fresh = Data just now
strip-age = Data { $n } s ago
strip-age-hint = Since the journal last answered
strip-failed = The journal does not answer
strip-import = Import
strip-report = Report

# Actions
deed-down = Next case
deed-up = Case before
deed-next-step = Take the next step
deed-confirm = Confirm the form
deed-back = Back, cancel
deed-report = Enter a case by hand
deed-import = Import a file
deed-queue-a = Queue of class A
deed-queue-b = Queue of class B
deed-queue-c = Queue of class C
deed-queue-d = Queue of class D
deed-centre-all = All centres
deed-centre-governance = Governance centre only
deed-centre-emergency = Emergency command only
deed-centre-grid = Grid management only
deed-zoom-in = Zoom the map in
deed-zoom-out = Zoom the map out
deed-home = Show the whole town
deed-look-at = Bring the case into view
deed-pan = Move the map
deed-theme = Dark / light
deed-language = 中文 / English
deed-settings = Settings
deed-help = Keys

# The queue
queue-empty = No open case in this class
queue-empty-others = { $n } in other classes: keys 1–4
queue-empty-centre = { $n } in other centres: Ctrl+0 shows all
place-outside = Outside the sub-district
place-unknown = Place unknown
place-area-only = known to the area only, no exact point
place-words-only = Stated in words only

# The case sheet
sheet-nothing = No case selected
sheet-nothing-hint = Click one in the queue or on the map, or press ↓ for the first
due-working = Limit { $hours } working hours, until { $due }
due-wall = Limit { $hours } hours by the clock, until { $due }
due-imported = Until { $due } (from the file or the catalogue, at import)
due-year-unknown = Holidays of that year are not on file; only weekends are left out
step-not-yours = The post at this seat may not take this step; change the post in the settings
form-writing = Writing to the journal…
form-cancel = Cancel
form-hint-refuse = Why it is refused, and whose matter it is (needed)
form-hint-send-back = What falls short, and what to mend (needed)
form-hint-rectify = What was done, with what result (needed)
form-hint-note = Note (may stay empty)
form-hint-reason = Why (needed)
form-hint-answer = What whoever reported it is told (needed)
form-owner = Whose matter it is (may stay empty)
form-item = Type an item's name or code, ↑↓ choose, Enter takes it
form-choose-again = Click to choose again
form-nothing-fits = Nothing fits
form-other-case = Number of the case that stands for this one
form-until = Until when: days, or 2026-11-30 18:00
form-until-is = until { $until }
form-hours = How many hours more
form-helpers = Type a team or post, ↑↓ choose, Enter adds it
form-mark = Mark, 1 worst to 5 best
form-part = A part: type its item, ↑↓ choose, Enter adds it
form-part-text = What it is about (may stay empty)
form-escalate = From '{ $from }' up to '{ $to }'
asked-suspend = Asks to suspend until { $until }
asked-extend = Asks for { $hours } hours more
steps-more = More…
step-undo-secs = Undo last step ({ $n } s)
fact-level = Level
fact-helpers = Helpers
fact-suspended = Suspended until
fact-extended = Extended
fact-hours = { $hours } hours more
fact-appraisal = Appraisal
fact-merged-into = Merged into
fact-twins = Merged into this
fact-split-from = Split from
photos-title = Photos
photos-before = Before
photos-after = After
photos-hint = Choose photos (JPEG, PNG), or drop them onto the window
photos-remove = Click to take this photo out
photos-missing = The journal does not have this photo
photos-no-form = Open a report or a rectification first, then drop the photos
fact-text = Content
fact-stated = Stated place
fact-reported = Reported
fact-due = Due
fact-ended = Ended
fact-source = Source
fact-item = Item
fact-handler = Handler
fact-origin = Imported from
fact-place = Place
answerable-title = Who answers here
answerable-none = Not in a community of this town: nobody answers
answerable-block = Block
answerable-party-grid = Party grid
answerable-base-grid = Base grid
answerable-community = Community
answerable-show = Show on the map
sample-person = A sample, not a real person

# Dispatch
dispatch-narrow = Type to narrow, ↑↓ choose, Enter sends
dispatch-nobody = No post or team fits
dispatch-duty = Answers for { $place }
dispatch-town = Whole sub-district
dispatch-elsewhere = { $place }, not its area
dispatch-load = { $n } in hand
dispatch-load-of = { $n } of { $of } in hand
dispatch-full = full

# The timeline
timeline-title = What happened
timeline-imported = Imported from a file
timeline-reported = Reported
timeline-dispatched = Dispatched to { $to }
timeline-sent-on = Sent on to { $to }
timeline-owner = It is the matter of { $owner }
timeline-parts = { $n } parts split off
timeline-absorbed = Case { $case } was merged into this one
timeline-released = Case { $case } stands for itself again
timeline-desk = The desk by itself
rise-by-hand = by hand
rise-overdue = overdue
rise-repeated = again and again
timeline-rectified-photos = Rectified, with { $n } photos

# Said at the window's foot
said-done = Case { $case }: '{ $step }' is in the journal
said-reported = Case { $case } is in the journal
said-select-first = Select a case first
store-failed = The journal failed ({ $what }): { $error }
store-full = The disk is full, { $path } can't be written. Free some space and try again; everything acknowledged before is safe.
dialog-photos = Choose photos
dialog-import = Choose a table to import
dialog-kind-photos = Photos
dialog-kind-tables = Tables
dialog-none = This desktop has no file dialog: drop the file onto the window, or use 'yipanqi import' in a terminal

# Refusals
refusal-unknown-post = There is no post { $actor } in this town: choose one in the settings
refusal-not-allowed = The post at this seat may not do this on the level '{ $level }': sign in with another post
refusal-not-your-area = This case lies outside the area of the post at this seat
refusal-not-open = Case { $case } is not among the open ones
refusal-moved-on = Another seat has just moved this case on: look at it again. What you typed is kept
refusal-not-now = '{ $step }' is not possible in stage '{ $stage }'. Possible now: { $possible }
refusal-not-asked = '{ $step }' does not fit now: nothing is asked for, or something asked for is not decided. Possible now: { $possible }
refusal-asked-yourself = Whoever asked for it can't approve it: another post has to
refusal-words-too-long = The words have { $chars } characters, at most { $max } are kept: shorten them
refusal-needs-item = Choose an item
refusal-needs-other-case = Say which case it is merged into
refusal-needs-until = Say until when it is suspended (in the future, at most 180 days)
refusal-needs-hours = Say by how many hours it is extended (at most 720)
refusal-needs-mark = Give a mark from 1 to 5
refusal-needs-parts = Name at least one part that is split off (at most 20)
refusal-needs-helpers = Choose the teams or posts that help
refusal-retired-item = The item '{ $item }' was retired: choose another
refusal-same-item = The case is of the item '{ $item }' already
refusal-cant-merge-into = It can't be merged into case { $other }: that is this case, or not open
refusal-stands-for-others = This case stands for { $n } others: merge the other case into this one instead
refusal-not-higher = The case is on the level '{ $level }' already
refusal-not-yours = The last step was taken by '{ $by }': only that post can undo it
refusal-too-late = After a minute it can't be undone: send it back, send it on, or reopen it
refusal-undo-import = An imported case can't be undone: refuse it
refusal-undo-split = A split can't be undone: merge the parts back
refusal-undo-answered = Whoever reported it was told already: reopen the case instead
refusal-undo-merge = A merge is taken back with 'Unmerge'
refusal-history-missing = The history of this case is being read: try again
refusal-duty-not-seated = Somebody else sits here now: sign in again
refusal-duty-until = The end has to be in the future, at most 31 days ahead
refusal-duty-words-missing = Give a reason or text
refusal-duty-handover = No handover waits, or it is your own
refusal-duty-item-version = Somebody has just changed this item: look at it again
refusal-duty-item = The item is not complete: it needs a code, a name, a severity from 1 to 5 and a limit above zero
refusal-words-missing = '{ $step }' needs a reason or note in words
refusal-nobody = Choose whom to send
refusal-unknown-handler = There is no { $handler } in this town
refusal-already-there = The case is already with this post or team: choose another
refusal-unknown-item = There is no item { $item } in the catalogue
refusal-place-missing = Say where: a point on the map, a community, or words
refusal-place-wrong = The place { $place } is not in this sub-district
refusal-future = The report is dated in the future

# Figures
deed-figures = Figures
strip-figures = Figures
figures-title = The last { $n } days
figures-none = none yet
figures-age = Counted { $n } s ago; cases imported with their ending are not counted
figures-days = { $days } days
figures-accuracy = First dispatch right
figures-accuracy-rule = Cases first dispatched in this period that were neither sent on nor handed back since, of all first dispatches
figures-community = Settled in the community
figures-community-rule = "Small matters do not leave the community": settled by grid or community, of all that was settled
figures-sub-district = Settled in the sub-district
figures-sub-district-rule = "Big ones do not leave the sub-district": never a matter of the joint meeting, of all that was settled
figures-saved = Saved by direct disposal
figures-direct = { $n } cases, { $mean } in the mean
figures-saved-rule = Cases of class B that the community settled itself: mean days from report to closure, fewer than the { $old } days of reporting upward ("seven or eight days" in the report)

# Trouble
broken-title = The screen has failed
broken-safe = The journal is not affected: everything acknowledged is there.
broken-go-on = Back to the hall

# Import
import-title = Import { $file }
import-found = { $format } · { $columns } columns · { $mb } MB
import-profile = Profile
import-guessed = Guessed from the column names
import-profile-misfit = The file lacks columns that this profile needs
import-needs = At least the time of the report needs a column
import-missing = The file has no such columns: { $columns }
import-next = Next: types
import-back = Back
import-close = Close
import-types = { $n } types in the file, { $open } of them without an item (their rows are left out, with the reason)
import-narrow = Type to narrow the list
import-skip = Leave this type out
import-skip-reason = left out by choice at import
import-choose = Choose an item
import-try = Try it (writes nothing)
import-save-as = Profile name
import-save = Save profile
import-save-hint = Give the profile a name first
import-saved = Saved as { $path }
import-no-folder = There is no folder for profiles
import-trying = Trying, nothing is written…
import-importing = Importing…
import-rows = { $n } rows so far
import-stop = Stop
import-stop-hint = Stops after the batch being written; what is written stays, importing again adds nothing twice
import-tried = What an import would do
import-imported-title = Imported
import-rejects-at = The rows left out are in { $path }: mend them and import that file
import-was-stopped = Stopped on the way, only a part was done
import-go = Import { $n } cases
import-sum-rows = Rows in the file
import-sum-imported = Imported
import-sum-known = Already in the book
import-sum-rejected = Left out
import-sum-outside = Of these, outside the sub-district
import-field-reported = Reported at *
import-field-type = Type
import-field-text = Content
import-field-key = Key
import-field-area = Community
import-field-lon = Longitude
import-field-lat = Latitude
import-field-source = Source
import-field-due = Due at
import-field-closed = Closed at
import-field-status = Status
import-field-address = Address
import-field-none = (none)
import-field-more = And: { $columns }
import-line = Line
import-reason-type-unmapped = type without an item
import-reason-type-skipped = type that the profile leaves out
import-reason-type-missing = no type
import-reason-time-missing = no time of report
import-reason-time-unreadable = unreadable time
import-reason-time-too-early = time before 1990
import-reason-time-in-future = time in the future
import-reason-time-order = times out of order
import-reason-coordinates-unreadable = unreadable coordinates
import-reason-coordinates-off-globe = coordinates off the globe
import-reason-coordinates-swapped = coordinates look swapped
import-reason-key-missing = no key
import-reason-key-repeated = same key, other content
import-reason-too-long = cell too long
import-reason-invalid-bytes = broken encoding
import-reason-cell-count = wrong number of cells

# forms: reporting
report-close = Put away, kept
report-close-hint = Puts the form away. What you typed stays until the case is in the journal
report-kept = This was typed before and not sent
report-clear = Start afresh
report-item = 1 Item
report-item-missing = Choose an item
report-item-hint = Type a name or code, or ↑↓ and Enter
report-item-none = No item fits; try another word
report-all-domains = All domains
report-domain-back = Back to all domains (or Backspace in the empty field)
report-domain-count = { $n ->
    [one] 1 item
   *[other] { $n } items
}
report-catalogue-note = The catalogue is a reconstruction, not the official one: codes, classes and limits are a guide only.
report-change = Change
report-limit-working = { $hours } working h
report-limit-wall = { $hours } h
report-place = 2 Place
report-place-missing = Say where: a point on the map, a community, or words
report-by-map = Point on the map
report-by-area = Community or block
report-by-words = Words only
report-click-map = Click on the map where the case is
report-point-again = Pick again
report-point-keep = Keep it
report-outside = This point is outside the sub-district. The case can be entered, but no grid answers for it
report-area-hint = Type to narrow, ↑↓ choose, Enter takes it
report-area-none = No such community or block
report-stated-hint = More about the place: number, building, landmark (may stay empty)
report-stated-needed = The place in words, such as 'in front of the shop on Guanlan Avenue' (needed)
report-source = 3 Source
report-note = 4 What happened
report-note-hint = What it is, whether there is danger, whom to call (may stay empty)
report-note-count = { $n } of { $of } characters
report-photos = 5 Photos
report-photo-add = Add photos
report-send = Enter the case
report-missing = Something is missing

# forms catalogue
catalogue-title = Catalogue
deed-catalogue = Catalogue of items
catalogue-note = The catalogue is a reconstruction, not the official one: public reports give only the number, 124. Where each name, class and limit comes from stands under 'Basis'. Changes hold for this book; cases keep the version they were opened under.
catalogue-find = Name, code or domain in either language, ↑↓
catalogue-sums = { $n } items, { $shown } listed, { $retired } retired
catalogue-unsaved = { $n } not saved
catalogue-add = Add an item
catalogue-export = Export CSV…
catalogue-export-hint = Writes the whole catalogue as it is now as a table that another town can use as its file; with retired items it has one column more, retired
catalogue-new = New item (not saved)
catalogue-changed = Not saved
catalogue-retired = Retired
catalogue-restored = In use again
catalogue-version = Version { $n }
catalogue-version-file = As in the file
catalogue-not-yours = Read only: the post at this seat may not change the catalogue; the duty leader and the administrator may (see the settings)
catalogue-code = Code
catalogue-class = Class
catalogue-name-zh = Chinese name
catalogue-name-en = English name (may stay empty)
catalogue-domain = Domain
catalogue-department = Lead department
catalogue-centre = Centre
catalogue-limit = Limit (hours)
catalogue-clock = Hours counted
catalogue-working = Working hours
catalogue-wall = By the clock
catalogue-severity = Severity (1 nuisance, 5 danger to life)
catalogue-steps = Hours of single steps (may stay empty)
catalogue-steps-sum = , { $hours } together
catalogue-arrive = Arrive
catalogue-rectify = Rectify
catalogue-verify = Verify
catalogue-evidence = Evidence at closure
catalogue-basis = Basis (may stay empty)
catalogue-reason = Reason of the change
catalogue-reason-hint = Why, such as a meeting or a document (needed, kept with the version)
catalogue-others = { $field } of other items
catalogue-needed = Needed
catalogue-too-long = Too long, { $n } characters at most
catalogue-character = Has a character that can't be kept
catalogue-code-character = A code has no blanks
catalogue-code-taken = There is an item with this code
catalogue-range = Expected a number from 0.01 to 8784
catalogue-save = Save as a new version
catalogue-save-new = Add
catalogue-retire = Retire
catalogue-retire-hint = No new case is opened under it, cases that were go on; write the reason first, other changes stay unsaved
catalogue-restore = Use again
catalogue-restore-hint = Cases can be opened under it again; write the reason first, other changes stay unsaved
catalogue-drop = Drop changes
catalogue-drop-nothing = Nothing is unsaved
catalogue-drop-sure = All that was typed for this item will be lost.
catalogue-drop-yes = Drop
catalogue-drop-no = Keep
catalogue-unchanged = Nothing was changed, nothing to save
catalogue-incomplete = Something is missing or wrong, see the red words
catalogue-reason-missing = Write the reason first
catalogue-moved-on = Somebody has just made version { $n } of this item (see its history below); what you typed is kept.
catalogue-go-on-from = Go on from version { $n }
catalogue-saved = { $item } is in the journal
catalogue-written = { $n } items were written to { $path }
catalogue-history = Versions
catalogue-added = Added
catalogue-none = none
catalogue-semicolon = {"; "}
evidence-photo = Photos before and after
evidence-document = Document
evidence-measurement = Measurement
dialog-catalogue = Export the catalogue to
dialog-none-save = This computer has no file dialog: export on a terminal with yipanqi catalogue --csv FILE

# forms: settings
settings-language = Language
settings-chinese = 中文
settings-english = English
settings-theme = Theme
settings-dark = Dark
settings-light = Light
settings-scale = Scale
settings-smaller = Smaller
settings-larger = Larger
settings-motion = Motion
settings-motion-on = Short movements explain changes
settings-seat-title = This seat
settings-seat = Seat name
settings-post = Post
settings-may = May: { $deeds }
settings-may-report = enter cases
settings-may-nothing = May look only, takes no steps
settings-comma = {", "}
settings-map-title = Map
settings-about-title = About
about-version = Yipanqi { $version }
about-licence = The program is licensed MIT OR Apache-2.0. Font: Noto Sans SC (OFL 1.1). Icons: Lucide (ISC).
about-sources = Place names come from GeoNames (CC BY 4.0); all other sources and licences are in assets/LICENSES.md.

# forms: the start
deed-sample = Sample day / back to the book
welcome-title = Yipanqi · all on one board
welcome-what = The dispatch hall of { $town }: from report through dispatch and handling to closure, every case on one board. The book is still empty. Start here:
welcome-import = Import a table of cases (CSV, XLSX)
welcome-report = Enter a case by hand
welcome-sample = Open the sample day and look around
welcome-drop = Or drop a table onto this window.
sample-bar = Sample day: made-up cases, apart from your book
sample-back = Back to my book

# shell
shell-no-assets = The data that comes with the program (assets/town/guanlan) was not found. Name a town with --town DIR, or set YIPANQI_HOME to the folder that holds assets.
shell-town-broken = The town in { $dir } has { $n ->
    [one] 1 mistake
   *[other] { $n } mistakes
} and was not loaded:
shell-no-data-folder = The system names no folder for user data. Name the book with --db FILE.
shell-no-book = There is no book { $path }. Import a file first (yipanqi import), or open the hall once; or name another book with --db FILE.
shell-no-case = There is no case { $case } in the book
shell-no-cases = No case fits
shell-verify-ok = The book is sound: { $entries } entries, { $cases } cases, and the case table equals the fold of the journal
shell-verify-damaged = The book is damaged: { $entries } entries, { $cases } cases
shell-backup-done = Copied to { $path } ({ $bytes } bytes)
shell-picture-done = Drawn into { $path } ({ $size } pixels)
shell-column-number = number
shell-column-class = class
shell-column-stage = stage
shell-column-time = time
shell-column-reported = reported
shell-column-item = item
shell-column-version = Version
shell-column-state = State
shell-column-place = place
shell-settings-aside = The settings could not be read, the defaults hold: { $why }
shell-no-driver = The window can't be opened: there is no Vulkan driver that fits ({ $why }). On Debian and Ubuntu: sudo apt-get install mesa-vulkan-drivers
shell-no-display = The window can't be opened: there is no display ({ $why }). Start it in a desktop session; without one, draw the hall into a picture: yipanqi picture --out hall.png
shell-window-broke = The window system failed. On Debian and Ubuntu this may be missing: sudo apt-get install libxkbcommon-x11-0 libwayland-client0. Or draw the hall into a picture: yipanqi picture --out hall.png
shell-dry-run = A dry run, nothing was written:
shell-import-sums = { $rows } rows: { $imported } imported, { $known } already in the book, { $rejected } rejected
shell-import-more = Of the good ones { $open } are open, { $outside } lie outside the sub-district, { $pointless } have no exact point
shell-rejects-hint = These are { $shown } of { $rejected } rejected rows. With --rejects FILE they are written to a table, with line, column and reason, to be mended and imported again.
shell-rejects-is-book = { $path } is the book; name another file for the rejected rows
shell-no-profile = There is no import profile { $name }. Known: { $known }. Profiles stand in: { $dirs }

# map
map-label = { $n ->
    [one] Map, 1 case in view
   *[other] Map, { $n } cases in view
}
map-layers = Layers
map-legend = Legend
map-layer-cases = Cases
map-layer-communities = Communities
map-layer-base-grids = Base grids
map-layer-party-grids = Party grids
map-layer-blocks = Blocks
map-layer-labels = Names
map-layer-base-map = Base map
map-legend-soon = Soon due: 80 % of the time used
map-legend-overdue = Overdue: hatched
map-legend-area = Count of cases known only to an area
map-schematic = Schematic boundaries, not official
map-unplaced = { $n ->
    [one] 1 case with a place in words only
   *[other] { $n } cases with a place in words only
}
map-unplaced-tip = These cases have neither a position nor a known community; the queue shows them
map-outside = { $n ->
    [one] 1 case outside the view → show all
   *[other] { $n } cases outside the view → show all
}
map-pick-hint = Click the place on the map, Esc to cancel
map-area-tip = { $place }: { $n }, exact position unknown
map-elsewhere = { $place }, approx., { $n }
map-elsewhere-tip = { $place }: { $n }, outside the sub-district, whereabouts approximate
map-group = { $n ->
    [one] 1 case
   *[other] { $n } cases
}
map-group-overdue = { $n } overdue
map-group-soon = { $n } soon due
map-base-town-none = The town's data names no base map (base_map in town.toml). Boundaries and cases are shown all the same
map-base-missing = The base map { $file } is not there. Put the file back, or choose another base map in the settings. Boundaries and cases are shown all the same
map-base-no-file = No base map file is chosen: enter the path of a PMTiles file in the settings
map-base-unreadable = The base map { $file } can't be read: { $why }. Check the file, or choose another base map in the settings
map-base-foreign = { $file } is not a PMTiles file (version 3): choose another base map in the settings
map-base-damaged = The base map { $file } is damaged ({ $why }): copy the file again, or choose another base map in the settings
map-base-kind = The tiles of { $file } are { $kind }; only MVT, PNG and JPEG can be shown: choose another base map
map-base-no-renderer = This way of drawing can't show vector base maps (no wgpu). Boundaries and cases are shown all the same
map-base-server-template = The tile server's address is wrong: { $why }
map-base-server-silent = The tile server sends no pictures: check network, address and key
map-base-choice-town = The offline base map that comes with the data
map-base-choice-file = Another PMTiles file
map-base-choice-server = A tile server (needs a network)
map-base-choice-none = No base map
map-base-file = Path of the file; or drop a file on the window
map-server-template = Address of a tile
map-server-key = Key, in place of {"{key}"} in the address
map-server-attribution = Attribution, shown below the map
map-server-datum = WGS-84 servers only. Tiles in GCJ-02 (Amap, Tencent) or BD-09 (Baidu) would lie some hundred metres off
map-server-cache = Tiles that were seen are kept in this computer's cache
map-server-empty = Enter an address, e.g. https://tiles.example.com/{"{z}"}/{"{x}"}/{"{y}"}.png
map-server-scheme = The address begins with https:// or http:// and a host, and has no blanks
map-server-placeholder = The address needs {"{z}"}, {"{x}"} and {"{y}"}
map-server-unknown = Only {"{z}"}, {"{x}"}, {"{y}"} and {"{key}"} may stand in braces
map-server-key-missing = The address has {"{key}"}: enter the key
