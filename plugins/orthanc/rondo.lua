-- Orthanc tells Rondo of each CT series that has arrived whole ("stable": nothing new for StableAge seconds).
--
--   orthanc.json:  "LuaScripts": ["/etc/orthanc/rondo.lua"]
--   environment of Orthanc:
--     RONDO_URL      where Rondo answers, http://127.0.0.1:8500 by default
--     RONDO_ARCHIVE  name of this Orthanc in "archives" of Rondo's configuration, orthanc by default
--     RONDO_KEY      a key with the role "trigger", where Rondo asks for one
--
-- Rondo fetches the series by DICOMweb, chooses the protocol by its rules, and delivers to its destinations. Told twice of the same series,
-- it contours it once.

local url = os.getenv('RONDO_URL') or 'http://127.0.0.1:8500'
local archive = os.getenv('RONDO_ARCHIVE') or 'orthanc'
local key = os.getenv('RONDO_KEY')

function OnStableSeries(seriesId, tags, metadata)
  if tags['Modality'] ~= 'CT' then return end
  local study = ParseJson(RestApiGet('/series/' .. seriesId .. '/study'))
  local headers = { ['content-type'] = 'application/json' }
  if key ~= nil then headers['authorization'] = 'Bearer ' .. key end
  local body = DumpJson({
    studyInstanceUid = study['MainDicomTags']['StudyInstanceUID'],
    seriesInstanceUid = tags['SeriesInstanceUID'],
    archive = archive,
  }, true)
  local answer = HttpPost(url .. '/api/jobs', body, headers)
  if answer == nil then
    PrintRecursive('Rondo was not reached, or refused the series ' .. tags['SeriesInstanceUID'])
  end
end
