"""Contours of the current examination from Rondo, in RayStation (CPython). Not run in RayStation: see README.md beside it.

Exports the CT to Rondo by DICOM, waits until Rondo has delivered, and imports the structure set when the user says so.
"""

import os
import shutil
import sys
import tempfile

from connect import await_user_input, get_current, set_progress

# Change these four.
CLIENT_FOLDER = r'\\server\rondo\plugins\python'
# Title of Rondo among the DICOM application entities of Clinic Settings.
EXPORT_TO = 'RONDO'
# A protocol of Rondo's, as its status page lists them; None leaves the choice to the rules in rondo.yaml.
PROTOCOL = 'thorax-oar'
LONGEST_MINUTES = 60

sys.path.append(CLIENT_FOLDER)
from rondo_client import Rondo, RondoError  # noqa: E402


def series_of(examination):
    data = examination.GetAcquisitionDataFromDicom()
    return str(data['StudyModule']['StudyInstanceUID']), str(data['SeriesModule']['SeriesInstanceUID'])


def import_structure_set(patient, case, data):
    folder = tempfile.mkdtemp(prefix='rondo-')
    try:
        with open(os.path.join(folder, 'RS.dcm'), 'wb') as file:
            file.write(data)
        database = get_current('PatientDB')
        # By the patient's id, so that the contours of nobody else can be taken.
        studies = database.QueryStudiesFromPath(Path=folder, SearchCriterias={'PatientID': patient.PatientID})
        series = [one for study in studies for one in database.QuerySeriesFromPath(Path=folder, SearchCriterias=study)]
        if not series:
            raise RondoError('other-patient', 'The structure set is not of the patient that is open. Open the patient whose CT was sent, and run the script again.')
        return patient.ImportDataFromPath(Path=folder, CaseName=case.CaseName, SeriesOrInstances=series)
    finally:
        shutil.rmtree(folder)


def main():
    patient, case, examination = get_current('Patient'), get_current('Case'), get_current('Examination')
    rondo = Rondo.from_environment()
    set_progress('Sending the CT to Rondo')
    # Of what is not saved RayStation says so itself: saving is the user's.
    case.ScriptableDicomExport(Connection={'Title': EXPORT_TO}, Examinations=[examination.Name], IgnorePreConditionWarnings=False)
    study_uid, series_uid = series_of(examination)
    job = rondo.submit(study_uid, series_uid, protocol=PROTOCOL)
    job = rondo.follow(job['id'], tell=lambda words: set_progress('Rondo: ' + words), longest_s=60 * LONGEST_MINUTES)
    await_user_input('Rondo has made contours:\n\n' + '\n'.join(job['notes']) + '\n\nThey are a draft of research software, not for clinical use. Continue imports them; review every contour.')
    warnings = import_structure_set(patient, case, rondo.structure_set(job['id']))
    await_user_input('The structure set is imported. Review every contour, then save the patient.' + ('\n\n' + str(warnings) if warnings else ''))


if __name__ == '__main__':
    try:
        main()
    except RondoError as error:
        await_user_input('Rondo: ' + str(error))
